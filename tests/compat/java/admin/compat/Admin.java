package compat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Has a producer and a consumer at work, then runs commands of Apache's own mqadmin, one after the
 * other in this one program. Prints for each `COMMAND name`, its output, and `END name`.
 * Arguments: name server, broker address.
 */
public final class Admin {
  private Admin() {}

  private static final PrintStream SCREEN = System.out;
  static String nameServer;

  public static void main(String[] arguments) throws Exception {
    nameServer = arguments[0];
    String broker = arguments[1];
    DefaultMQProducer producer = new DefaultMQProducer("admin_producer");
    producer.setNamesrvAddr(nameServer);
    producer.start();
    command("updateTopic", "updateTopic -c DefaultCluster -t AdminTopic -r 4 -w 4");
    command("updateTopic-at-broker", "updateTopic -b " + broker + " -t AdminOther -r 2 -w 2 -p 4");
    command("updateTopic-again", "updateTopic -c DefaultCluster -t AdminOther -r 3 -w 3 -p 6");
    command("updateSubGroup", "updateSubGroup -c DefaultCluster -g admin_group -r 5");
    command("updateSubGroup-at-broker", "updateSubGroup -b " + broker + " -g admin_other -s false");
    List<SendResult> sent = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      byte[] body = ("admin " + i).getBytes(StandardCharsets.UTF_8);
      Message message = new Message("AdminTopic", "TagA", "key" + i + " shared", body);
      message.putUserProperty("colour", "blue");
      sent.add(producer.send(message));
    }
    AtomicInteger count = new AtomicInteger();
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("admin_consumer");
    consumer.setNamesrvAddr(nameServer);
    consumer.setPersistConsumerOffsetInterval(200);
    consumer.setHeartbeatBrokerInterval(2000);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe("AdminTopic", "TagA || TagB");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      count.addAndGet(messages.size());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.start();
    for (int i = 0; i < 1500 && count.get() < 8; i++) Thread.sleep(20);
    Thread.sleep(500);
    consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
    Thread.sleep(500);
    for (Map.Entry<String, String> one : commands(broker, sent.get(3)).entrySet()) {
      command(one.getKey(), one.getValue());
    }
    consumer.shutdown();
    producer.shutdown();
    System.exit(0);
  }

  private static Map<String, String> commands(String broker, SendResult sent) {
    Map<String, String> all = new java.util.LinkedHashMap<>();
    all.put("clusterList", "clusterList");
    all.put("clusterList-more", "clusterList -m");
    all.put("topicList", "topicList");
    all.put("topicList-clusters", "topicList -c");
    all.put("topicRoute", "topicRoute -t AdminTopic");
    all.put("topicRoute-list", "topicRoute -t AdminTopic -l");
    all.put("topicRoute-unknown", "topicRoute -t AdminAbsent");
    all.put("topicStatus", "topicStatus -t AdminTopic");
    all.put("consumerProgress", "consumerProgress -g admin_consumer");
    all.put("consumerProgress-all", "consumerProgress");
    all.put("producerConnection", "producerConnection -g admin_producer -t AdminTopic");
    all.put("producerConnection-unknown", "producerConnection -g nobody -t AdminTopic");
    all.put("consumerConnection", "consumerConnection -g admin_consumer");
    all.put("consumerConnection-unknown", "consumerConnection -g nobody");
    all.put("queryMsgById", "queryMsgById -t AdminTopic -i " + sent.getOffsetMsgId());
    all.put("queryMsgById-unique", "queryMsgById -t AdminTopic -i " + sent.getMsgId());
    all.put("queryMsgByUniqueKey", "queryMsgByUniqueKey -t AdminTopic -i " + sent.getMsgId());
    all.put("queryMsgByKey", "queryMsgByKey -t AdminTopic -k key3");
    all.put("queryMsgByKey-unknown", "queryMsgByKey -t AdminTopic -k absent");
    all.put("brokerStatus", "brokerStatus -b " + broker);
    all.put("brokerStatus-cluster", "brokerStatus -c DefaultCluster");
    all.put("getConsumerConfig", "getConsumerConfig -g admin_group");
    all.put("deleteSubGroup", "deleteSubGroup -b " + broker + " -g admin_other -r true");
    all.put("deleteSubGroup-cluster", "deleteSubGroup -c DefaultCluster -g admin_group -r true");
    all.put("deleteSubGroup-unknown", "deleteSubGroup -b " + broker + " -g nobody_at_all");
    all.put("deleteTopic", "deleteTopic -c DefaultCluster -t AdminOther");
    all.put("topicRoute-deleted", "topicRoute -t AdminOther");
    all.put("topicStatus-deleted", "topicStatus -t AdminOther");
    return all;
  }

  static void command(String name, String line) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream paper = new PrintStream(printed, true);
    PrintStream errors = System.err;
    System.setOut(paper);
    System.setErr(paper);
    long began = System.nanoTime();
    try {
      MQAdminStartup.main0((line + " -n " + nameServer).split(" "), null);
    } finally {
      System.setOut(SCREEN);
      System.setErr(errors);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    long ms = (System.nanoTime() - began) / 1_000_000;
    SCREEN.print("COMMAND " + name + " " + ms + "\n" + text + (text.endsWith("\n") ? "" : "\n"));
    SCREEN.print("END " + name + "\n");
    SCREEN.flush();
  }
}
