package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * One process of a scenario in which processes are killed. A producer sends numbered messages of
 * some keys, each to the queue of its key until it is stored, and when it is told to end it prints
 * `DONE key count` for each key. A consumer prints `GOT begin end queue key number`, times being
 * those of the machine's one monotonic clock.
 * Arguments: producer or consumer, name server, queues in all.
 */
public final class Orderly {
  private static final int KEYS = 24;
  private static final String TOPIC = "Orderly";

  private Orderly() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("consumer")) consume(arguments[1]);
    else produce(arguments[1], Integer.parseInt(arguments[2]));
  }

  private static void hurry(ClientConfig client, String nameServer) {
    client.setNamesrvAddr(nameServer);
    client.setHeartbeatBrokerInterval(1000);
    client.setPollNameServerInterval(1000);
  }

  private static void produce(String nameServer, int count) throws Exception {
    DefaultMQProducer producer = new DefaultMQProducer("orderly_producer");
    hurry(producer, nameServer);
    producer.setSendMsgTimeout(1000);
    producer.start();
    List<MessageQueue> queues = new ArrayList<>();
    Check.until(20_000, () -> "queues: " + queues, () -> {
      try {
        Version.createTopic(producer, TOPIC, 4);
        queues.clear();
        queues.addAll(producer.fetchPublishMessageQueues(TOPIC));
      } catch (Exception notYet) {
        return false;
      }
      return queues.size() == count;
    });
    queues.sort(null);
    AtomicBoolean goesOn = new AtomicBoolean(true);
    CountDownLatch isDone = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      goesOn.set(false);
      try {
        isDone.await();
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
    }));
    int[] numbers = new int[KEYS];
    for (int i = 0; goesOn.get(); i++) {
      int key = i % KEYS;
      byte[] body = (key + " " + numbers[key]++).getBytes(StandardCharsets.UTF_8);
      Message message = new Message(TOPIC, "TagA", "" + key, body);
      while (!isStored(producer, message, queues.get(key % count))) Thread.sleep(200);
      Thread.sleep(2);
    }
    for (int key = 0; key < KEYS; key++) System.out.println("DONE " + key + " " + numbers[key]);
    System.out.flush();
    isDone.countDown();
  }

  private static boolean isStored(DefaultMQProducer producer, Message message, MessageQueue queue) {
    try {
      return producer.send(message, queue).getSendStatus() == SendStatus.SEND_OK;
    } catch (Exception away) {
      return false;
    }
  }

  private static void consume(String nameServer) throws Exception {
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("orderly_group");
    hurry(consumer, nameServer);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe(TOPIC, "*");
    consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
      for (MessageExt one : messages) {
        long begin = System.nanoTime();
        try {
          Thread.sleep(1);
        } catch (InterruptedException ended) {
          return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        }
        String queue = one.getBrokerName() + "-" + one.getQueueId();
        String body = new String(one.getBody(), StandardCharsets.UTF_8);
        synchronized (Orderly.class) {
          System.out.println("GOT " + begin + " " + System.nanoTime() + " " + queue + " " + body);
          System.out.flush();
        }
      }
      return ConsumeOrderlyStatus.SUCCESS;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(consumer::shutdown));
    consumer.start();
  }
}
