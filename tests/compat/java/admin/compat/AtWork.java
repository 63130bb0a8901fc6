package compat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/** A producer and a consumer that are at work while commands run. */
final class AtWork implements AutoCloseable {
  static final int MESSAGES = 8;

  final DefaultMQProducer producer;
  final DefaultMQPushConsumer consumer;
  private final String name;

  /** Their groups begin with the name, and so do the bodies. */
  AtWork(String nameServer, String name) throws Exception {
    this.name = name;
    producer = new DefaultMQProducer(name + "_producer");
    producer.setNamesrvAddr(nameServer);
    producer.start();
    consumer = new DefaultMQPushConsumer(name + "_consumer");
    consumer.setNamesrvAddr(nameServer);
    consumer.setPersistConsumerOffsetInterval(200);
    consumer.setHeartbeatBrokerInterval(2000);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
  }

  Message message(String topic, int number) {
    byte[] body = (name + " " + number).getBytes(StandardCharsets.UTF_8);
    return new Message(topic, "TagA", "key" + number + " shared", body);
  }

  /** Consumes the topic's messages and tells the broker how far it is. */
  void consume(String topic) throws Exception {
    AtomicInteger count = new AtomicInteger();
    consumer.subscribe(topic, "TagA || TagB");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      count.addAndGet(messages.size());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.start();
    for (int i = 0; i < 1500 && count.get() < MESSAGES; i++) Thread.sleep(20);
    Thread.sleep(500);
    consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
    Thread.sleep(500);
  }

  @Override
  public void close() {
    consumer.shutdown();
    producer.shutdown();
  }
}
